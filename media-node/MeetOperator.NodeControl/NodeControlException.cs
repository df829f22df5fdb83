using System.Net;

namespace MeetOperator.NodeControl;

/// <summary>A node's refusal. <see cref="Code"/> is the last part of the problem's type, for example <c>stale-generation</c>.</summary>
public sealed class NodeControlException(HttpStatusCode status, string code, string detail) : Exception(detail)
{
    public HttpStatusCode Status { get; } = status;
    public string Code { get; } = code;
}
