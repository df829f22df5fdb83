namespace MeetOperator.Kube.ApiServer.Tests;

/// <summary>A test resource that uses every CRD feature.</summary>
internal static class WidgetCrd
{
    public const string Yaml = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: widgets.example.test
        spec:
          group: example.test
          scope: Namespaced
          names:
            kind: Widget
            plural: widgets
            singular: widget
            shortNames: [wdg]
            categories: [gear]
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
              scale:
                specReplicasPath: .spec.replicas
                statusReplicasPath: .status.replicas
                labelSelectorPath: .status.selector
            additionalPrinterColumns:
            - {name: Size, type: string, jsonPath: .spec.size}
            - {name: Replicas, type: integer, jsonPath: .spec.replicas}
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            - {name: Colour, type: string, jsonPath: .spec.colour, priority: 1}
            - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
            schema:
              openAPIV3Schema:
                type: object
                description: A test widget.
                required: [spec]
                properties:
                  apiVersion: {type: string}
                  kind: {type: string}
                  metadata: {type: object}
                  spec:
                    type: object
                    description: The desired state.
                    required: [size]
                    x-kubernetes-validations:
                    - {rule: 'self.replicas < 100', message: too many}
                    properties:
                      size:
                        type: string
                        description: The size of the widget.
                        enum: [Small, Medium, Large]
                      replicas: {type: integer, format: int32, minimum: 0, maximum: 50, default: 1}
                      colour: {type: string, maxLength: 10, pattern: '^[a-z]+$', default: grey}
                      weight: {type: number, minimum: 0.5}
                      surge: {x-kubernetes-int-or-string: true, default: 25%}
                      note: {type: string, nullable: true, default: none}
                      starts: {type: string, format: date-time}
                      tags:
                        type: array
                        x-kubernetes-list-type: set
                        maxItems: 4
                        items: {type: string}
                      ports:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items:
                          type: object
                          required: [name, port]
                          properties:
                            name: {type: string}
                            port: {type: integer, minimum: 1, maximum: 65535}
                            protocol: {type: string, default: TCP}
                      options:
                        type: object
                        additionalProperties: {type: string}
                      free:
                        type: object
                        x-kubernetes-preserve-unknown-fields: true
                      nested:
                        type: object
                        default: {}
                        properties:
                          deep: {type: boolean, default: true}
                  status:
                    type: object
                    properties:
                      replicas: {type: integer}
                      selector: {type: string}
                      phase: {type: string}
                      conditions:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [type]
                        items:
                          type: object
                          required: [type, status]
                          properties:
                            type: {type: string}
                            status: {type: string, enum: ["True", "False", Unknown]}
                            reason: {type: string}
                            message: {type: string}
                            observedGeneration: {type: integer, format: int64}
                            lastTransitionTime: {type: string, format: date-time}
        """;

    /// <summary>The JSON of a valid Widget.</summary>
    public static string Json(string name, string spec = """{"size":"Small"}""", string metadata = "") =>
        $$"""{"apiVersion":"example.test/v1","kind":"Widget","metadata":{"name":"{{name}}"{{metadata}}},"spec":{{spec}}}""";
}
