using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Checks bounds, patterns, lengths, and formats of scalars.</summary>
internal static class ScalarRules
{
    public static void Check(JsonNode value, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        if (value.GetValueKind() == JsonValueKind.String)
        {
            CheckText(value.AsText()!, schema, path, causes);
        }
        else if (value.AsNumber() is { } number)
        {
            CheckNumber(number, SchemaValidator.Display(value), schema, path, causes);
        }
    }

    private static void CheckText(string text, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        // Lengths are in code points, as with Go's utf8.RuneCountInString.
        var length = text.Length;
        if (schema.MaxLength is not null || schema.MinLength is not null)
        {
            length = text.EnumerateRunes().Count();
        }

        // Kubernetes names the first of these three only.
        if (length > schema.MaxLength)
        {
            causes.Add(new Cause("FieldValueTooLong", path.ToString(), $"Too long: may not be more than {schema.MaxLength} bytes"));
        }
        else if (length < schema.MinLength)
        {
            causes.Add(Cause.Invalid(path.ToString(), Quote(text), $"{path} in body should be at least {schema.MinLength} chars long"));
        }
        else if (schema.Pattern is { } pattern && !Matches(pattern, text))
        {
            causes.Add(Cause.Invalid(path.ToString(), Quote(text), $"{path} in body should match '{schema.PatternText}'"));
        }

        if (schema.Format is { } format && !Formats.IsValid(format, text))
        {
            causes.Add(Cause.TypeInvalid(path.ToString(), Quote(text), $"{path} in body must be of type {format}: {Quote(text)}"));
        }
    }

    private static void CheckNumber(double number, string shown, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        if (schema.Minimum is { } least && (schema.ExclusiveMinimum ? number <= least : number < least))
        {
            causes.Add(Cause.Invalid(path.ToString(), shown, $"{path} in body should be greater than {(schema.ExclusiveMinimum ? string.Empty : "or equal to ")}{Text(least)}"));
        }

        if (schema.Maximum is { } most && (schema.ExclusiveMaximum ? number >= most : number > most))
        {
            causes.Add(Cause.Invalid(path.ToString(), shown, $"{path} in body should be less than {(schema.ExclusiveMaximum ? string.Empty : "or equal to ")}{Text(most)}"));
        }

        if (schema.MultipleOf is { } step && step > 0 && Math.Abs((number / step) - Math.Round(number / step)) > 1e-9)
        {
            causes.Add(Cause.Invalid(path.ToString(), shown, $"{path} in body should be a multiple of {Text(step)}"));
        }

        if (schema.Format is "int32" && number is < int.MinValue or > int.MaxValue)
        {
            causes.Add(Cause.Invalid(string.Empty, "\"\"", $"Checked value must be of type integer with format int32 in {path}"));
        }
    }

    private static bool Matches(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            // The pattern backtracks, or the machine is busy.
            return MatchesInLinearTime(pattern, text);
        }
    }

    /// <summary>Matches in time linear in the length of the text, as RE2 does. This engine takes longer to construct.</summary>
    private static bool MatchesInLinearTime(Regex pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern.ToString(), pattern.Options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return false; // look-around or back-references, which RE2 does not have
        }
    }

    private static string Quote(string text) => $"\"{text}\"";

    private static string Text(double value) => value.ToString("0.################", CultureInfo.InvariantCulture);
}
