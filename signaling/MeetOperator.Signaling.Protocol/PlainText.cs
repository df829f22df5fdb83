using System.Globalization;
using System.Text;

namespace MeetOperator.Signaling.Protocol;

/// <summary>Validates and cleans text that users enter and other users see.</summary>
public static class PlainText
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;
    private const int TextPresentation = 0xFE0E;
    private const int EmojiPresentation = 0xFE0F;

    /// <summary>A display name or title: one line without control characters or bidirectional controls.</summary>
    public static bool IsCleanLine(string text) => !string.IsNullOrWhiteSpace(text) && !text.Any(c => IsForbidden(c) || c is '\n' or '\r' or '\t') && IsWellFormed(text);

    /// <summary>Chat text: line breaks and tabs are allowed, other control characters are not.</summary>
    public static bool IsCleanText(string text) =>
        !string.IsNullOrWhiteSpace(text) && !text.Any(c => c is not ('\n' or '\r' or '\t') && char.GetUnicodeCategory(c) == UnicodeCategory.Control) && IsWellFormed(text);

    /// <summary>Control characters and the bidirectional embeddings, overrides and isolates (Unicode UAX #9, X1 to X8).</summary>
    private static bool IsForbidden(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';

    /// <summary>A valid line of which <see cref="Clean"/> keeps 1 to <paramref name="maxLength"/> characters.</summary>
    public static bool IsName(string? text, int maxLength) =>
        text is { Length: > 0 } && text.Length <= maxLength && IsCleanLine(text) && Clean(text).Length is > 0 and var cleaned && cleaned <= maxLength;

    /// <summary>
    /// Returns the text that other users see: in Normalization Form C, so that equal-looking text compares equal, and without invisible characters or
    /// bidirectional controls. Joiners between visible characters are kept because emoji and several scripts need them.
    /// </summary>
    public static string Clean(string text)
    {
        var kept = new StringBuilder(text.Length);
        var runes = text.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            var isJoining = runes[i].Value is ZeroWidthNonJoiner or ZeroWidthJoiner
                && i > 0 && i + 1 < runes.Length && IsVisible(runes[i - 1]) && IsVisible(runes[i + 1]);
            var isPresentation = runes[i].Value is TextPresentation or EmojiPresentation && i > 0 && IsVisible(runes[i - 1]);
            if (isJoining || isPresentation || !IsInvisible(runes[i]))
            {
                kept.Append(runes[i]);
            }
        }

        return Composition.Compose(kept.ToString()).Trim();
    }

    private static bool IsVisible(Rune rune) => !Rune.IsWhiteSpace(rune) && (rune.Value == EmojiPresentation || !IsInvisible(rune));

    /// <summary>Unicode's Default_Ignorable_Code_Point, other format characters, and blank characters in letter categories.</summary>
    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format || rune.Value is
        0x034F // combining grapheme joiner
        or 0x115F or 0x1160 or 0x3164 or 0xFFA0 // Hangul fillers
        or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) // inherent vowels, Mongolian selectors
        or 0x2800 // Braille blank
        or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0000 and <= 0xE0FFF); // variation selectors, tags

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
