using System.Net.WebSockets;

namespace MeetOperator.Signaling.Transport;

/// <summary>The WebSocket close codes that the server uses (<c>docs/signaling-protocol.md</c>).</summary>
public static class CloseCodes
{
    public const WebSocketCloseStatus Normal = WebSocketCloseStatus.NormalClosure;
    public const WebSocketCloseStatus Rejected = WebSocketCloseStatus.PolicyViolation;
    public const WebSocketCloseStatus TooLarge = WebSocketCloseStatus.MessageTooBig;

    /// <summary>RFC 6455 registry: Service Restart.</summary>
    public const WebSocketCloseStatus Restart = (WebSocketCloseStatus)1012;

    /// <summary>RFC 6455 registry: Try Again Later.</summary>
    public const WebSocketCloseStatus TooSlow = (WebSocketCloseStatus)1013;
    public const WebSocketCloseStatus Replaced = (WebSocketCloseStatus)4000;
}
