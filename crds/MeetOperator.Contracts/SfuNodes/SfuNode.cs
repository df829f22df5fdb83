using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>One media node, made by the operator for one Pod of the same name; cordon or drain it by its spec.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "SfuNode", Plural = "sfunodes", ShortNames = ["sfn"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the node takes new meetings")]
[PrinterColumn("State", ".status.state", Description = "What the node is doing")]
[PrinterColumn("Address", ".status.addresses[0]", Description = "Address that clients send media to")]
[PrinterColumn("Meetings", ".status.meetings", Type = "integer", Description = "Meetings on the node")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "People on the node")]
[PrinterColumn("Stress", ".status.stressPct", Type = "integer", Description = "Share of the busiest loop's time in percent")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Node", ".status.nodeName", Priority = 1, Description = "Cluster node that runs the Pod")]
[PrinterColumn("Version", ".status.version", Priority = 1, Description = "Version that the node reports")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "What a person should know or do")]
public sealed class SfuNode : CustomResource<SfuNodeSpec, SfuNodeStatus>;
