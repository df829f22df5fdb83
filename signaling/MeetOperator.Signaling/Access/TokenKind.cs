namespace MeetOperator.Signaling.Access;

/// <summary>What a token grants. The kind is the audience of the token, so a token of one kind is never valid as another.</summary>
public enum TokenKind
{
    /// <summary>Host actions of one meeting.</summary>
    Host,

    /// <summary>One participant of one meeting: WebSocket, WHIP, WHEP, chat.</summary>
    Ticket,

    /// <summary>Opening one WebSocket once; part of its URL.</summary>
    Code,
}
