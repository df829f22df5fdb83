namespace MeetOperator.Relay.Transport;

/// <summary>Which end starts the handshakes of a link. The operator gives each end its role.</summary>
public enum LinkRole : byte
{
    /// <summary>Sends hellos, and starts the handshake when a newer secret is at both ends.</summary>
    Opener,

    /// <summary>Only answers.</summary>
    Acceptor,
}
