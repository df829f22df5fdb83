namespace MeetOperator.NodeControl.Links;

/// <summary>What an end of a link does in the handshake.</summary>
public enum LinkEndRole
{
    /// <summary>Starts handshakes.</summary>
    Opener,

    /// <summary>Answers handshakes.</summary>
    Acceptor,
}
