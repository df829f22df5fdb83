using System.Globalization;

namespace MeetOperator.NodeControl;

/// <summary>
/// The header with the operator's leadership term, which the operator sets on every request to a media node. A node keeps the highest term that it has received
/// and rejects changes with a lower one (409 <c>stale-term</c>), so that a former leader that resumes after a suspension cannot undo the changes of its successor.
/// Signaling does not send this header.
/// </summary>
public static class TermHeader
{
    public const string Name = "Meet-Operator-Term";

    public static string Write(long term) => term.ToString(CultureInfo.InvariantCulture);

    /// <summary>Parses a term: a whole number from 0, without sign, spaces or separators. Returns false for any other text.</summary>
    public static bool TryRead(string text, out long term) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out term);
}
