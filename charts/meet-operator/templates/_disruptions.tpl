{{/* meet.disruptions (list . "operator" .Values.operator): allows one disrupted Pod at a time; only for more than one replica. */}}
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
