using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Where a command writes, and the time.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Colors">Whether standard output shows colors.</param>
/// <param name="Time">The clock.</param>
/// <param name="Folder">Folder that relative file names are relative to.</param>
internal sealed record CommandContext(TextWriter Out, TextWriter Error, bool Colors, TimeProvider Time, string Folder)
{
    public TextOutput Text { get; } = new(Out, Colors);

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Writes remarks about a report to standard error, so that standard output stays usable for programs.</summary>
    public void Note(IEnumerable<string> notes)
    {
        foreach (var note in notes)
        {
            Error.Write($"Note: {note}.\n");
        }
    }
}
