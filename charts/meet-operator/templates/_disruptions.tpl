{{/* meet.disruptions (list . "operator" .Values.operator): one Pod may be away at a time; only where there is more than one. */}}
{{- define "meet.disruptions" -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.podDisruptionBudget.enabled (gt (int (index . 2).replicas) 1) -}}
{{- $current := and ($root.Capabilities.APIVersions.Has "policy/v1") (semverCompare ">=1.21-0" $root.Capabilities.KubeVersion.Version) -}}
apiVersion: {{ ternary "policy/v1" "policy/v1beta1" $current }}
kind: PodDisruptionBudget
metadata:
  name: {{ include "meet.name" (list $root (index . 1)) }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "meet.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "meet.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
