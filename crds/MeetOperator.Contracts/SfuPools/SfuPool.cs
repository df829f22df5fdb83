using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>A group of alike media nodes, each a Pod made by the operator; scaled with <c>kubectl scale</c>.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "SfuPool", Plural = "sfupools", ShortNames = ["sfup"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[ScaleSubresource(".spec.replicas", ".status.replicas", LabelSelectorPath = ".status.selector")]
[PrinterColumn("Available", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when all wanted media nodes are ready")]
[PrinterColumn("Region", ".spec.region", Description = "Region that the nodes are in")]
[PrinterColumn("Desired", ".spec.replicas", Type = "integer", Description = "Media nodes that are wanted")]
[PrinterColumn("Ready", ".status.readyReplicas", Type = "integer", Description = "Media nodes that take meetings")]
[PrinterColumn("Meetings", ".status.meetings", Type = "integer", Description = "Meetings that the nodes carry")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "People on the nodes")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Updated", ".status.updatedReplicas", Type = "integer", Priority = 1, Description = "Media nodes that were made from the present template")]
[PrinterColumn("Draining", ".status.drainingReplicas", Type = "integer", Priority = 1, Description = "Media nodes that are being emptied")]
[PrinterColumn("Free", ".status.freeParticipants", Type = "integer", Priority = 1, Description = "People who still fit")]
[PrinterColumn("Stress", ".status.stressPct", Type = "integer", Priority = 1, Description = "Stress of the busiest node in percent")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "What a person should know or do")]
public sealed class SfuPool : CustomResource<SfuPoolSpec, SfuPoolStatus>;
