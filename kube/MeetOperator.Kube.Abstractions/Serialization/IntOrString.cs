using System.Globalization;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Serialization;

/// <summary>An integer, or text such as a port name or a percentage. <see cref="Text"/> is null if it is an integer.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    public IntOrString(int number) => Number = number;

    public IntOrString(string text) => Text = text;

    public int Number { get; }

    public string? Text { get; }

    public static implicit operator IntOrString(int number) => new(number);

    public static implicit operator IntOrString(string text) => new(text);

    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);
}
