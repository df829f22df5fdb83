using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>A call about one end of a link that is due.</summary>
/// <param name="At">The node to call.</param>
/// <param name="Link">The ID of the link.</param>
/// <param name="End">The end to open or change; null to close the link.</param>
/// <param name="Spec">What to put; null to close the link.</param>
internal sealed record LinkCall(ReportedRoom At, string Link, LinkEnd? End, LinkSpec? Spec);
