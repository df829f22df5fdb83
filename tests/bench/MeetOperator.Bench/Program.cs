using MeetOperator.Bench;
using MeetOperator.Bench.Media;
using MeetOperator.Bench.Move;
using MeetOperator.Bench.Operator;

IBenchVerb[] verbs = [new OperatorBench(), new MediaBench(), new MoveBench(), new PeopleBench()];

var verb = verbs.FirstOrDefault(candidate => candidate.Name == args.FirstOrDefault());
if (verb is null)
{
    Console.Error.WriteLine("usage: bench VERB [--json]");
    foreach (var known in verbs)
    {
        Console.Error.WriteLine($"  {known.Name,-10} {known.Help}");
    }

    return 2;
}

var figures = await verb.RunAsync(args[1..]).ConfigureAwait(false);
foreach (var figure in figures)
{
    Console.WriteLine(args.Contains("--json") ? figure.ToJson() : figure.ToString());
}

return 0;
