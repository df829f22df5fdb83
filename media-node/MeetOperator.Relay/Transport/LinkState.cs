namespace MeetOperator.Relay.Transport;

/// <summary>The state of one end of a link.</summary>
public enum LinkState : byte
{
    /// <summary>No session has been opened yet.</summary>
    Opening,

    /// <summary>Both directions work.</summary>
    Up,

    /// <summary>The other end does not answer, has said goodbye, or a limit of the ordered channel was reached. Returns to <see cref="Up"/> by itself.</summary>
    Broken,

    /// <summary>This end was closed. It stays so.</summary>
    Closed,
}
