// Table of contents of loading/, the job classes where they perform: from the registry, or from their files.
//
//   class-loader.js   finds the class that performs a worker's jobs, in memory or in its file
//   construction.js   whether an instance can be made without arguments
//   job-file.js       what the file of a class must not do while it is imported: start an engine, enqueue
//   program-file.js   the files that the command line imports: a config, job classes

export { known, load, loadedClass, registrations } from './class-loader.js'
export { checkConstructor } from './construction.js'
export { checkEnqueue, refusedStart } from './job-file.js'
export { importProgramFile, registeredClasses } from './program-file.js'
