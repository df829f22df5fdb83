{{/* Prefix of all object names. */}}
{{- define "meet.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* meet.name (list . "signaling") → <fullname>-signaling */}}
{{- define "meet.name" -}}
{{- printf "%s-%s" (include "meet.fullname" (index . 0)) (index . 1) -}}
{{- end -}}

{{/* Labels that select the Pods of one component. They must never change, because a Deployment's selector is immutable. */}}
{{- define "meet.selector" -}}
app.kubernetes.io/name: meet-operator
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "meet.labels" -}}
{{ include "meet.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/part-of: meet-operator
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of a component's Pods: the selector labels, and the label that the NetworkPolicies of media nodes select. */}}
{{- define "meet.podLabels" -}}
{{ include "meet.selector" . }}
meetoperator.io/component: {{ index . 1 }}
{{- end -}}

{{/* meet.image (list . .Values.operator) */}}
{{- define "meet.image" -}}
{{- $root := index . 0 -}}
{{- $repository := (index . 1).image.repository -}}
{{- with $root.Values.image.registry -}}{{- $repository = printf "%s/%s" . $repository -}}{{- end -}}
{{- printf "%s:%s" $repository ($root.Values.image.tag | default $root.Chart.AppVersion) -}}
{{- end -}}

{{/* The configured public URL, or an empty string. */}}
{{- define "meet.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{- .Values.publicUrl -}}
{{- else if .Values.ingress.enabled -}}
{{- printf "%s://%s" (ternary "https" "http" (ne .Values.ingress.tlsSecret "")) .Values.ingress.host -}}
{{- else if .Values.gateway.enabled -}}
{{- printf "https://%s" .Values.gateway.host -}}
{{- end -}}
{{- end -}}

{{- define "meet.keysSecret" -}}
{{- .Values.keys.existingSecret | default (include "meet.name" (list . "keys")) -}}
{{- end -}}

{{/* The address families of a Service. */}}
{{- define "meet.ipFamilies" -}}
ipFamilyPolicy: {{ .Values.services.ipFamilyPolicy }}
{{- with .Values.services.ipFamilies }}
ipFamilies: {{ toJson . }}
{{- end }}
{{- end -}}
