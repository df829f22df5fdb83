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

try
{
    await foreach (var figure in verb.RunAsync(args[1..]).ConfigureAwait(false))
    {
        Console.WriteLine(args.Contains("--json") ? figure.ToJson() : figure.ToString());
    }

    return 0;
}
catch (BenchException fault)
{
    Console.Error.WriteLine($"Not measured: {fault.Message}");
    return 1;
}
