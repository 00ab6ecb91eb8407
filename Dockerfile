# The same image as `make images` makes, for those who build with a container engine; docs/images.md says how they differ.
# Tests hold both together: tools/images/dockerfile.test.ts the configuration, test/images the files.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie AS build
ARG TARGETARCH
WORKDIR /naas
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node tools/images/main.ts --tree /out --platform linux/$TARGETARCH

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
COPY --from=build /out/ /
USER 65532:65532
ENV PATH=/usr/bin NODE_ENV=production NODE_OPTIONS=--disable-sigusr1
LABEL org.opencontainers.image.title="naas" \
      org.opencontainers.image.description="Multi-tenant network as a service on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"
ENTRYPOINT ["/usr/bin/node"]
