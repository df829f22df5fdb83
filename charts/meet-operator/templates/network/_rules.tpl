{{/* Peers that may scrape metrics: the configured ones; with `podMonitor.enabled` and none configured, every Pod in the cluster; otherwise none. */}}
{{- define "meet.metricsFrom" -}}
{{- if .Values.networkPolicy.metricsFrom }}
{{- toYaml .Values.networkPolicy.metricsFrom }}
{{- else if .Values.podMonitor.enabled -}}
- namespaceSelector: {}
{{- else -}}
[]
{{- end }}
{{- end -}}

{{/* Ingress to the metrics of operator and signaling. */}}
{{- define "meet.fromMetrics" -}}
{{- with include "meet.metricsFrom" . | fromYamlArray -}}
- ports:
  - port: 8081
  from: {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* Egress rules that several policies share. */}}
{{- define "meet.toApiServer" -}}
- ports:
  {{- range .Values.networkPolicy.apiServer.ports }}
  - port: {{ . }}
  {{- end }}
  {{- with .Values.networkPolicy.apiServer.cidrs }}
  to:
  {{- range . }}
  - ipBlock:
      cidr: {{ . }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* The control port of media nodes in all namespaces. */}}
{{- define "meet.toMediaNodes" -}}
- ports:
  - port: 8090
  to:
  - namespaceSelector: {}
    podSelector:
      matchLabels:
        meetoperator.io/component: media-node
{{- with .Values.networkPolicy.mediaNodeCidrs }}
- to:
  {{- range . }}
  - ipBlock:
      cidr: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The addresses and ports at which clients reach media nodes and relays, which the operator measures. Pools choose them. */}}
{{- define "meet.toExposure" -}}
- ports:
  - protocol: UDP
    port: 1024
    endPort: 65535
  - port: 443
  - port: 1024
    endPort: 65535
  {{- with .Values.networkPolicy.exposureTo }}
  to: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The trace collector. */}}
{{- define "meet.toCollector" -}}
{{- with .Values.tracing.endpoint -}}
- ports:
  - port: {{ regexFind ":[0-9]+(/|$)" . | trimAll ":/" }}
  {{- with $.Values.networkPolicy.tracingTo }}
  to: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* DNS servers, whose location depends on the cluster. */}}
{{- define "meet.toNames" -}}
- ports:
  - port: 53
    protocol: UDP
  - port: 53
    protocol: TCP
{{- end -}}
