namespace MeetOperator.Signaling;

/// <summary>What the API server itself says about a meeting now.</summary>
public enum MeetingLife
{
    Live,
    Over,

    /// <summary>The API server does not answer, or this instance has not read it yet.</summary>
    Unknown,
}
