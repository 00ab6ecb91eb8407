{{/*
One of the services as a Deployment.
Takes root, name, values (replicas, resources), env (list of name and value), ports (list beside http),
and alwaysAvailable: true for what every replica serves, so that a roll-out takes none away before another is there.
*/}}
{{- define "naas.deployment" -}}
{{- $root := .root }}
{{- $pods := $root.Values.pods }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "naas.labels" $root | nindent 4 }}
    component: {{ .name }}
spec:
  replicas: {{ .values.replicas }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: { app: naas, component: {{ .name }} }
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: {{ ternary 0 1 (.alwaysAvailable | default false) }}, maxSurge: 1 }
  template:
    metadata:
      labels:
        {{- with $pods.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "naas.labels" $root | nindent 8 }}
        component: {{ .name }}
        network.as.a.service/metrics: "true"
      {{- with $pods.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      priorityClassName: {{ $root.Values.priorityClasses.services | quote }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "naas.podSecurityContext" $root | nindent 8 }}
      {{- if .alwaysAvailable }}
      # 5 s until nobody calls it any more, 25 s to stop.
      terminationGracePeriodSeconds: 35
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "naas.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          # As tools/build/node-options.ts has it: V8 gives back what it does not need.
          args: [--max-semi-space-size=4, /app/{{ .name }}.mjs]
          env:
            - { name: NAAS_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
            - { name: NAAS_LOG_LEVEL, value: {{ $pods.logLevel | quote }} }
            - { name: NAAS_HTTP_ADDRESS, value: {{ printf "%s:8080" $pods.bindHost | quote }} }
            {{- range .env }}
            - { name: {{ .name }}, value: {{ .value | toString | quote }} }
            {{- end }}
          ports:
            - { name: http, containerPort: 8080 }
            {{- range .ports }}
            - {{ toJson . }}
            {{- end }}
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 5
            timeoutSeconds: 5
          {{- if .alwaysAvailable }}
          lifecycle:
            preStop: { sleep: { seconds: 5 } }
          {{- end }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          securityContext:
            {{- include "naas.containerSecurityContext" $root | nindent 12 }}
      {{- with $pods.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pods.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $selector := dict "matchLabels" (dict "app" "naas" "component" .name) }}
      {{- $apart := dict "weight" 100 "podAffinityTerm" (dict "topologyKey" "topology.kubernetes.io/zone" "labelSelector" $selector) }}
      {{- $zones := dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list $apart)) }}
      affinity:
        {{- merge (deepCopy $pods.affinity) $zones | toYaml | nindent 8 }}
      topologySpreadConstraints:
        # Zones are not named here: the scheduler then passes over all spreading on nodes without that label.
        - topologyKey: kubernetes.io/hostname
          maxSkew: 1
          # A small cluster still gets all replicas.
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {{ toJson $selector }}
{{- if and $root.Values.podDisruptionBudgets.enabled (gt (int .values.replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "naas.labels" $root | nindent 4 }}
spec:
  maxUnavailable: 1
  # A replica that is not ready protects nothing: it never stands in the way of a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: { app: naas, component: {{ .name }} }
{{- end }}
{{- end }}
