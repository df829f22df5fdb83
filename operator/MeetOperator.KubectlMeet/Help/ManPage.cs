using System.Text;
using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Help;

/// <summary>The manual page, made from the table of commands; the macros are those of man(7). Pure.</summary>
internal static class ManPage
{
    public static string Of(IReadOnlyList<CommandSpec> table, string version)
    {
        var text = new StringBuilder($".TH KUBECTL-MEET 1 \"\" \"MeetOperator {version}\"\n.SH NAME\nkubectl-meet \\- see and operate MeetOperator\n");
        text.Append(".SH SYNOPSIS\n.B kubectl meet\nCOMMAND [OPTIONS]\n.SH DESCRIPTION\n").Append(Escape(HelpText.Purpose)).Append("\n.SH COMMANDS\n");
        foreach (var command in table)
        {
            text.Append($".TP\n.B {Escape($"{command.Name} {command.Usage}".TrimEnd())}\n{Escape(HelpText.Sentence(command.Summary))}");
            text.Append(command.Description.Length > 0 ? $" {Escape(command.Description)}\n" : "\n");
            Options(text, command.Options, nested: true);
        }

        text.Append(".SH OPTIONS OF ALL COMMANDS\n");
        Options(text, [.. GlobalOptions.Cluster, .. GlobalOptions.General], nested: false);
        text.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in HelpText.ExitCodes)
        {
            text.Append($".TP\n.B {code}\n{Escape(HelpText.Sentence(meaning))}\n");
        }

        text.Append(".SH ENVIRONMENT\n.TP\n.B KUBECONFIG\nFiles to read instead of ~/.kube/config, separated by colons.\n.TP\n.B NO_COLOR\nIf set and not empty, no colors are used.\n.SH EXAMPLES\n");
        foreach (var example in table.SelectMany(command => command.Examples))
        {
            text.Append($".PP\n.nf\n{Escape(example)}\n.fi\n");
        }

        return text.Append(".SH SEE ALSO\n.BR kubectl (1)\n").ToString();
    }

    private static void Options(StringBuilder text, IReadOnlyList<OptionSpec> options, bool nested)
    {
        if (options.Count == 0)
        {
            return;
        }

        text.Append(nested ? ".RS\n" : string.Empty);
        foreach (var option in options)
        {
            text.Append($".TP\n.B {Escape(HelpText.Name(option))}\n{Escape(HelpText.Sentence(option.Summary))}\n");
        }

        text.Append(nested ? ".RE\n" : string.Empty);
    }

    /// <summary>Backslashes and hyphens have a meaning in man(7), and so have periods and quotes at the beginning of a line.</summary>
    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
