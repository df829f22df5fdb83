using System.Globalization;

namespace MeetOperator.Signaling.Protocol;

/// <summary>Rules for text that people type and others read.</summary>
public static class PlainText
{
    /// <summary>A display name or title: one line, no control characters, nothing that reverses the direction of text around it.</summary>
    public static bool IsCleanLine(string text) => !string.IsNullOrWhiteSpace(text) && !text.Any(c => IsForbidden(c) || c is '\n' or '\r' or '\t') && IsWellFormed(text);

    /// <summary>Chat: line breaks and tabs are fine, other control characters are not.</summary>
    public static bool IsCleanText(string text) =>
        !string.IsNullOrWhiteSpace(text) && !text.Any(c => c is not ('\n' or '\r' or '\t') && char.GetUnicodeCategory(c) == UnicodeCategory.Control) && IsWellFormed(text);

    /// <summary>Control characters and the bidirectional embeddings, overrides and isolates (Unicode UAX #9, X1 to X8).</summary>
    private static bool IsForbidden(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }
}
