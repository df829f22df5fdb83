using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// One peer connection of a participant. A room treats all kinds of sessions alike; only the negotiation with a client knows the kind. Used only on the loop's thread.
/// </summary>
internal interface IRoomSession : IPeerSessionOwner
{
    PeerSession Peer { get; }

    /// <summary>The name of the kind in the events of NodeControl.</summary>
    string Kind { get; }

    /// <summary>Number of tracks that the session forwards to its peer.</summary>
    int DownTracks { get; }

    /// <summary>Whether a newer session of the participant replaces this one, which ends soon.</summary>
    bool IsReplaced => false;

    /// <summary>Whether the peer has not connected in time, or the session was replaced long ago.</summary>
    bool HasTimedOut(long nowTicks);

    /// <summary>Adds this session to the report of its participant.</summary>
    ParticipantReport AddTo(ParticipantReport report);

    /// <summary>Ends the tracks of the session. The room closes <see cref="Peer"/> afterwards.</summary>
    void Close();
}
