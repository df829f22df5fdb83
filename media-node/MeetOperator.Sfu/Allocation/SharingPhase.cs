namespace MeetOperator.Sfu.Allocation;

/// <summary>What is known of the line of receivers that have one address.</summary>
internal enum SharingPhase
{
    /// <summary>Nothing. Each gets what its line takes.</summary>
    Unknown,

    /// <summary>One of them gets much less than the others, so it is tried whether it gets more while the others get less.</summary>
    Trial,

    /// <summary>They share a line, and each gets an equal part of it.</summary>
    Shared,
}
