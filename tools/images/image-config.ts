/** How the image is run; the Dockerfile says the same, and a test holds them together. */
import { NONROOT } from './base-tree.ts';
import type { Platform } from './platform.ts';

/** What is known of the sources. All of it is part of the image and so of its digest. */
export interface Origin {
  readonly version: string;
  /** Commit; undefined if it is not known. */
  readonly revision: string | undefined;
  /** Address of the repository; undefined if it was not given. */
  readonly source: string | undefined;
  /** RFC 3339 time told as the time of making. */
  readonly created: string;
}

export const TITLE = 'naas';
export const DESCRIPTION = 'Multi-tenant network as a service on Kubernetes';
/** SPDX expression of what the image holds. */
export const LICENSES = 'Apache-2.0';

/** The arguments name the service: `/app/scheduler.mjs`. */
export const ENTRYPOINT = ['/usr/bin/node'];
/**
 * No deep freezing of what a cache gives; enforcer Jobs look for `node` in PATH; nobody opens the inspector, which reads
 * all memory, by a signal (S-65).
 */
export const ENVIRONMENT = ['PATH=/usr/bin', 'NODE_ENV=production', 'NODE_OPTIONS=--disable-sigusr1'];
/** By numbers, so that a kubelet can see that it is not root. */
export const USER = `${NONROOT}:${NONROOT}`;

export interface LayerDigest {
  /** SHA-256 of the uncompressed tar archive. */
  readonly diffId: string;
  readonly comment: string;
}

/** Labels by name, those unknown left out. */
export function labels({ version, revision, source }: Origin): Record<string, string> {
  return {
    'org.opencontainers.image.title': TITLE,
    'org.opencontainers.image.description': DESCRIPTION,
    'org.opencontainers.image.licenses': LICENSES,
    'org.opencontainers.image.version': version,
    ...(revision === undefined ? {} : { 'org.opencontainers.image.revision': revision }),
    ...(source === undefined ? {} : { 'org.opencontainers.image.source': source }),
  };
}

/** `application/vnd.oci.image.config.v1+json`. */
export function imageConfig(platform: Platform, origin: Origin, layers: readonly LayerDigest[]): unknown {
  return {
    created: origin.created,
    architecture: platform.architecture,
    os: platform.os,
    config: { User: USER, Env: ENVIRONMENT, Entrypoint: ENTRYPOINT, Labels: labels(origin) },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ comment }) => ({ created: origin.created, created_by: comment })),
  };
}
