namespace MeetOperator.KubectlMeet.Output;

/// <summary>Numbers with their noun.</summary>
internal static class Counts
{
    public static string Meetings(int number) => number == 1 ? "1 meeting" : $"{number} meetings";

    public static string People(int number) => number == 1 ? "1 person" : $"{number} people";
}
