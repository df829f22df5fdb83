namespace MeetOperator.Contracts.Meetings;

/// <summary>The ID of a meeting in the REST API, on media nodes and in links.</summary>
public static class MeetingId
{
    /// <summary>Returns <c>metadata.name</c> if it is a UUID (meetings created through the REST API), otherwise <c>metadata.uid</c>.</summary>
    public static string Of(Meeting meeting)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        var name = meeting.Metadata.Name ?? string.Empty;
        return Guid.TryParseExact(name, "D", out _) ? name : meeting.Metadata.Uid ?? name;
    }

    /// <summary>Returns the link to join; <paramref name="publicUrl"/> is the base URL of the pages.</summary>
    public static string JoinUrl(string publicUrl, string meetingId)
    {
        ArgumentNullException.ThrowIfNull(publicUrl);
        return $"{publicUrl.TrimEnd('/')}/m/{meetingId}";
    }
}
