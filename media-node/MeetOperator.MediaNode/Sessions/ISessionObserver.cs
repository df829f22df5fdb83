using MeetOperator.Rtc.Transport;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>What the sessions of a participant report. Called on the loop's thread.</summary>
internal interface ISessionObserver
{
    /// <summary>Called from within the transport: the observer must not end the session before the call returns.</summary>
    void OnStateChanged(IRoomSession session, PeerTransportState state);

    /// <summary>Called when other tracks than before are paused for lack of bandwidth.</summary>
    void OnPausedChanged(SubscribeSession session);

    /// <summary>Called when another session has taken over. The observer ends this one after the call has returned.</summary>
    void OnReplaced(IRoomSession session);

    /// <summary>Called after an unexpected error. The observer ends the session.</summary>
    void OnFailure(IRoomSession session);
}
