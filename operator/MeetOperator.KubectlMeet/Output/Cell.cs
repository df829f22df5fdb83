using System.Globalization;

namespace MeetOperator.KubectlMeet.Output;

/// <summary>A text with its color.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Cell(string? text) => new(text ?? string.Empty);

    public static implicit operator Cell(int number) => new(number.ToString(CultureInfo.InvariantCulture));
}
