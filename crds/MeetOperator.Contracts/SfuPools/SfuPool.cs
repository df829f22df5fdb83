using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>A group of identical media nodes, each a Pod created by the operator. Scale it with <c>kubectl scale</c>.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "SfuPool", Plural = "sfupools", ShortNames = ["sfup"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[ScaleSubresource(".spec.replicas", ".status.replicas", LabelSelectorPath = ".status.selector")]
[PrinterColumn("Available", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the desired number of media nodes is ready")]
[PrinterColumn("Region", ".spec.region", Description = "Region of the media nodes")]
[PrinterColumn("Desired", ".spec.replicas", Type = "integer", Description = "Desired number of media nodes")]
[PrinterColumn("Ready", ".status.readyReplicas", Type = "integer", Description = "Media nodes that accept meetings")]
[PrinterColumn("Meetings", ".status.meetings", Type = "integer", Description = "Meetings on the media nodes")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "Participants on the media nodes")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Updated", ".status.updatedReplicas", Type = "integer", Priority = 1, Description = "Media nodes with the current template")]
[PrinterColumn("Draining", ".status.drainingReplicas", Type = "integer", Priority = 1, Description = "Media nodes that are draining")]
[PrinterColumn("Free", ".status.freeParticipants", Type = "integer", Priority = 1, Description = "Free capacity in participants")]
[PrinterColumn("Stress", ".status.stressPct", Type = "integer", Priority = 1, Description = "Stress of the busiest media node in percent")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "Current state, or what to do")]
public sealed class SfuPool : CustomResource<SfuPoolSpec, SfuPoolStatus>;
