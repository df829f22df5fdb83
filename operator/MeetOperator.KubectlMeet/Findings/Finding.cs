namespace MeetOperator.KubectlMeet.Findings;

/// <summary>Something about an object that an engineer should know.</summary>
/// <param name="Severity">Whether it needs attention.</param>
/// <param name="Kind">Kind of the object.</param>
/// <param name="Name">Its name, with its namespace if it has one.</param>
/// <param name="Message">What is not well, and what to do.</param>
internal sealed record Finding(Severity Severity, string Kind, string Name, string Message);

/// <summary>Whether a finding needs attention.</summary>
internal enum Severity
{
    /// <summary>Somebody has to do something, or people are affected.</summary>
    Problem,

    /// <summary>In progress, or chosen by somebody.</summary>
    Notice,
}
