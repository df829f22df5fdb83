namespace MeetOperator.Sfu.Pacing;

/// <summary>Sends packets that carry nothing new, with which a connection finds out whether its line can take more.</summary>
internal interface IPaddingSource
{
    /// <summary>Whether the connection has a stream that may carry padding.</summary>
    bool HasPadding { get; }

    /// <summary>Sends one packet through the paced egress. False when the connection has no stream that may carry padding.</summary>
    bool TrySendPadding(long nowTicks);
}
