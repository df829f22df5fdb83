namespace MeetOperator.Signaling.Data.Bus;

/// <summary>One meeting of one tenant. Every key and channel of the bus starts with it.</summary>
public readonly record struct MeetingKey
{
    public MeetingKey(string tenant, string meetingId)
    {
        // A colon in a tenant name could address the keys of another tenant.
        if (!IsName(tenant) || !IsName(meetingId))
        {
            throw new ArgumentException("Tenant and meeting ID must have 1 to 253 characters, and only letters, digits, '-', '.' and '_'.");
        }

        Tenant = tenant;
        MeetingId = meetingId;
    }

    public string Tenant { get; }

    public string MeetingId { get; }

    public override string ToString() => $"meet:{Tenant}:{MeetingId}";

    private static bool IsName(string text) => text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
