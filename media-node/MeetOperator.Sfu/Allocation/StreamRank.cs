namespace MeetOperator.Sfu.Allocation;

/// <summary>How important a video stream is for its receiver. The first values get bandwidth first.</summary>
internal enum StreamRank : byte
{
    /// <summary>A shared screen, whose text must be legible.</summary>
    Screen,

    /// <summary>A tile that the receiver has pinned.</summary>
    Pinned,

    /// <summary>The camera of the participant who speaks.</summary>
    Speaker,
    Other,
}
