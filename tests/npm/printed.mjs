// Prints a line of JSON for each result of an operation, and at the end one with what ended it.
// With `most`, leaves after so many results. `told` says what an error was.
export async function printed(results, most, told = String) {
  let count = 0;
  let end = 'complete';
  try {
    for await (const result of results) {
      console.log(JSON.stringify(result));
      count += 1;
      if (most && count >= Number(most)) {
        end = 'left';
        break;
      }
    }
  } catch (error) {
    end = told(error);
  }
  console.log(JSON.stringify({ end }));
}
