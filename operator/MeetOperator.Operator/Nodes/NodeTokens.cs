using MeetOperator.Contracts;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Nodes;

/// <summary>Control tokens of media nodes, derived from the control key.</summary>
internal sealed class NodeTokens(byte[] controlKey)
{
    public string Of(SfuNode node) => NodeToken.Derive(controlKey, node.Metadata.Namespace ?? string.Empty, node.Metadata.Name ?? string.Empty);
}
