namespace MeetOperator.MediaNode.Sessions;

/// <summary>The session whose tracks a <see cref="TrackSuccession"/> manages. Called on the loop's thread.</summary>
internal interface ISuccessionOwner
{
    /// <summary>Whether the client is connected.</summary>
    bool IsReady { get; }

    /// <summary>Called when a newer session has taken over all tracks. The session ends after the call has returned.</summary>
    void OnReplaced();
}
