namespace MeetOperator.Contracts.Meetings;

/// <summary>What a meeting gets further media nodes for.</summary>
public enum MeetingSpread
{
    /// <summary>For participants in other regions, and for more participants than its nodes can take.</summary>
    Regions,

    /// <summary>Only for more participants than its nodes can take.</summary>
    Capacity,
}
