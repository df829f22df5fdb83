{{/* Egress rules that several policies have. */}}
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

{{/* The control port of media nodes, wherever their pools are. */}}
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

{{/* Name servers; where they are differs from cluster to cluster. */}}
{{- define "meet.toNames" -}}
- ports:
  - port: 53
    protocol: UDP
  - port: 53
    protocol: TCP
{{- end -}}
