{{/* Labels of every object. Names are fixed: there is one platform per cluster. */}}
{{- define "naas.labels" -}}
app: naas
app.kubernetes.io/name: naas
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The image of all Pods: by digest where one is given. */}}
{{- define "naas.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* Name of the Secret with the inventory. */}}
{{- define "naas.inventory" -}}
{{ .Values.inventory.existingSecret | default "inventory" }}
{{- end }}

{{/*
The objects of a generated file, in the release's namespace and with the chart's labels.
Takes root, file (below files/generated) and annotations (optional, added to each object).
*/}}
{{- define "naas.objects" -}}
{{- $root := .root }}
{{- $annotations := .annotations | default dict }}
{{- $labels := include "naas.labels" $root | fromYaml }}
{{- $text := $root.Files.Get (printf "files/generated/%s" .file) | required (printf "files/generated/%s is missing: the chart is not complete" .file) }}
{{- range $document := splitList "\n---\n" ($text | replace "naas-system" $root.Release.Namespace) }}
{{- $object := fromYaml (printf "%s\n" $document) }}
{{- $metadata := $object.metadata }}
{{- $_ := set $metadata "labels" (merge (dict) $labels ($metadata.labels | default dict)) }}
{{- with merge (dict) $annotations ($metadata.annotations | default dict) }}
{{- $_ := set $metadata "annotations" . }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}

{{/* What Pod Security "restricted" asks of a Pod; the image's user is 65532. */}}
{{- define "naas.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* What Pod Security "restricted" asks of a container. */}}
{{- define "naas.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
