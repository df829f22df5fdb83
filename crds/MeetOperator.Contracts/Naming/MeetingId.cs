namespace MeetOperator.Contracts;

/// <summary>The one id by which REST, media nodes and people name a meeting.</summary>
public static class MeetingId
{
    /// <summary><c>metadata.name</c> when it is a UUID (meetings made over REST), else <c>metadata.uid</c>.</summary>
    public static string Of(Meeting meeting)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        var name = meeting.Metadata.Name ?? string.Empty;
        return Guid.TryParseExact(name, "D", out _) ? name : meeting.Metadata.Uid ?? name;
    }

    /// <summary>The link that people open; <paramref name="publicUrl"/> is the address under which the pages are served.</summary>
    public static string JoinUrl(string publicUrl, string meetingId)
    {
        ArgumentNullException.ThrowIfNull(publicUrl);
        return $"{publicUrl.TrimEnd('/')}/m/{meetingId}";
    }
}
