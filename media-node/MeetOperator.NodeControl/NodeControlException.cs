using System.Net;

namespace MeetOperator.NodeControl;

/// <summary>An error response of a media node. <see cref="Code"/> is the last part of the problem type, for example <c>stale-generation</c>.</summary>
public sealed class NodeControlException(HttpStatusCode status, string code, string detail) : Exception(detail)
{
    public HttpStatusCode Status { get; } = status;
    public string Code { get; } = code;
}
