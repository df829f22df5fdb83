namespace MeetOperator.Signaling;

/// <summary>What a token opens; it is the audience, so that no token passes for another.</summary>
public enum TokenKind
{
    /// <summary>Host actions of one meeting.</summary>
    Host,

    /// <summary>One participant of one meeting: WebSocket, WHIP, WHEP, chat.</summary>
    Ticket,

    /// <summary>One opening of one WebSocket, in its URL.</summary>
    Code,
}
