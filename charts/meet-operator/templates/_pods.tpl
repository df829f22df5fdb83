{{/* Pod and container security: the "restricted" Pod Security Standard with a read-only root file system. */}}
{{- define "meet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "meet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The service account's token, for the one container that calls the API server. */}}
{{- define "meet.tokenMount" -}}
- name: api-token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}

{{- define "meet.tokenVolume" -}}
- name: api-token
  projected:
    defaultMode: 0440
    sources:
    - serviceAccountToken:
        path: token
        expirationSeconds: 3607
    - configMap:
        name: kube-root-ca.crt
        items:
        - key: ca.crt
          path: ca.crt
    - downwardAPI:
        items:
        - path: namespace
          fieldRef:
            fieldPath: metadata.namespace
{{- end -}}

{{/* Identity of the replica. */}}
{{- define "meet.podEnv" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end -}}

{{/* Where the process sends its spans. The operator passes it on to media nodes. */}}
{{- define "meet.tracingEnv" -}}
{{- with .Values.tracing.endpoint -}}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ replace "$" "$$" . | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ $.Values.tracing.protocol }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $.Values.tracing.ratio | quote }}
{{- end }}
{{- end -}}

{{/* meet.resources .Values.operator.resources */}}
{{- define "meet.resources" -}}
{{- $resources := dict -}}
{{- with .requests -}}{{- $_ := set $resources "requests" . -}}{{- end -}}
{{- with .limits -}}{{- $_ := set $resources "limits" . -}}{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* meet.scheduling (list . "operator" .Values.operator): scheduling constraints for the Pods of a component. */}}
{{- define "meet.scheduling" -}}
{{- $root := index . 0 -}}
{{- $part := index . 2 -}}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $root.Values.topologySpread.enabled }}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
  labelSelector:
    matchLabels: {{- include "meet.selector" (list $root (index $ 1)) | nindent 6 }}
{{- if semverCompare ">=1.27-0" $root.Capabilities.KubeVersion.Version }}
  # Ignores Pods that a rolling update is about to remove.
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
