using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>One media node, created by the operator together with a Pod of the same name. Cordon or drain it through its spec.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "SfuNode", Plural = "sfunodes", ShortNames = ["sfn"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the media node accepts new meetings")]
[PrinterColumn("State", ".status.state", Description = "State of the node")]
[PrinterColumn("Address", ".status.addresses[0]", Description = "Address that clients send media to")]
[PrinterColumn("Meetings", ".status.meetings", Type = "integer", Description = "Meetings on the node")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "Participants on the node")]
[PrinterColumn("Stress", ".status.stressPct", Type = "integer", Description = "Stress in percent: busiest media loop, egress or lost packets")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Node", ".status.nodeName", Priority = 1, Description = "Cluster node that runs the Pod")]
[PrinterColumn("Version", ".status.version", Priority = 1, Description = "Version that the node reports")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "Current state, or what to do")]
public sealed class SfuNode : CustomResource<SfuNodeSpec, SfuNodeStatus>;
