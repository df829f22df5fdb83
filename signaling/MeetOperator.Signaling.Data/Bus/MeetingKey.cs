namespace MeetOperator.Signaling.Data;

/// <summary>One meeting of one tenant; every key and channel of the bus begins with it.</summary>
public readonly record struct MeetingKey
{
    public MeetingKey(string tenant, string meetingId)
    {
        // A colon would let one tenant's name reach into another's keys.
        if (!IsName(tenant) || !IsName(meetingId))
        {
            throw new ArgumentException("Tenant and meeting must be non-empty and hold only letters, digits, '-', '.' and '_'.");
        }

        Tenant = tenant;
        MeetingId = meetingId;
    }

    public string Tenant { get; }

    public string MeetingId { get; }

    public override string ToString() => $"meet:{Tenant}:{MeetingId}";

    private static bool IsName(string text) => text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
