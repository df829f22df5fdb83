using System.Globalization;

namespace MeetOperator.NodeControl;

/// <summary>
/// The operator's term of leadership, on every request that it sends to a media node. A node keeps the highest that it has seen and refuses changes under a
/// lower one (409 <c>stale-term</c>), so that a replica that was suspended and led before cannot undo what its successor did. Signaling sends none.
/// </summary>
public static class TermHeader
{
    public const string Name = "Meet-Operator-Term";

    public static string Write(long term) => term.ToString(CultureInfo.InvariantCulture);

    /// <summary>False when the text is no term: a whole number from 0, without sign, spaces or separators.</summary>
    public static bool TryRead(string text, out long term) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out term);
}
