namespace MeetOperator.Contracts.Meetings;

/// <summary>How the sound and pictures of a meeting flow.</summary>
public enum MediaTopology
{
    /// <summary>Through media nodes.</summary>
    Sfu,

    /// <summary>Directly between the participants.</summary>
    P2P,
}
