namespace MeetOperator.Contracts.Meetings;

/// <summary>The state of a link between two media nodes.</summary>
public enum LinkState
{
    /// <summary>The link has not worked yet.</summary>
    Opening,

    /// <summary>Media flows over the link where it is needed.</summary>
    Up,

    /// <summary>The link has worked before and does not at present.</summary>
    Broken,
}
