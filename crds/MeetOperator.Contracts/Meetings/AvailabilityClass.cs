namespace MeetOperator.Contracts.Meetings;

/// <summary>How a meeting is prepared for the loss of a media node.</summary>
public enum AvailabilityClass
{
    /// <summary>When a media node fails, another one is chosen and gets the meeting.</summary>
    Standard,

    /// <summary>A further media node is linked with the meeting and has places for the participants of any of its nodes, so that they can go on there at once.</summary>
    Critical,
}
